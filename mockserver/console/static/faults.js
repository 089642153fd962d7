// Find rules while somebody types: those that have all of the words, in groups that open by themselves. Mark those in force.

const search = document.getElementById("search");
const found = document.getElementById("found");
const nothing = document.getElementById("nothing");

const groups = [...document.querySelectorAll("#catalogue .group")].map((group) => ({
  group,
  rules: [...group.querySelectorAll("li")].map((row) => ({
    row,
    name: row.querySelector(".rule"),
    text: `${row.querySelector(".facts").textContent} ${group.querySelector(".path").textContent}`.toLowerCase(),
  })),
}));

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  let all = 0;
  for (const { group, rules } of groups) {
    let here = 0;
    for (const { row, text } of rules) {
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) here += 1;
    }
    group.hidden = !here;
    group.open = here > 0 && words.length > 0;
    count += here;
    all += rules.length;
  }
  for (const api of document.querySelectorAll("#catalogue .api")) api.hidden = !api.querySelector(".group:not([hidden])");
  found.textContent = `${count} of ${all} rules`;
  nothing.hidden = count > 0;
  history.replaceState(null, "", search.value ? `?search=${encodeURIComponent(search.value)}` : location.pathname);
}

search.addEventListener("input", find);
document.getElementById("finder").addEventListener("submit", (event) => {
  event.preventDefault();
  find();
});

/** Mark the rules that calls are answered with now. */
function arm() {
  const armed = new Set([...document.querySelectorAll("#active [data-rule]")].map((row) => row.dataset.rule));
  for (const { name } of groups.flatMap(({ rules }) => rules)) {
    const mark = name.nextElementSibling;
    if (mark && !armed.has(name.textContent)) mark.remove();
    else if (!mark && armed.has(name.textContent)) name.insertAdjacentHTML("afterend", ' <span class="badge held">in force</span>');
  }
}

new MutationObserver(arm).observe(document.getElementById("active"), { childList: true, subtree: true, attributes: true });
