// Make one element like another one, and touch only what is different: what has the focus keeps it, bars move on.

/** Make `old` like `fresh`. Children with `data-key` or `id` are recognised by it, others by their place. */
export function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value && !isReaders(old, name)) old.setAttribute(name, value);
  const wantedKeys = new Set([...fresh.children].map(keyOf));
  // First, so that what stays need not be moved into their place: what is moved loses the focus.
  for (const child of [...old.children]) if (keyOf(child) && !wantedKeys.has(keyOf(child))) child.remove();
  const kept = new Map([...old.children].filter(keyOf).map((child) => [keyOf(child), child]));
  let place = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const known = keyOf(wanted) ? kept.get(keyOf(wanted)) : likeness(place, wanted);
    if (!known) {
      old.insertBefore(wanted, place);
      continue;
    }
    while (place !== known && place?.nodeType === Node.TEXT_NODE) place = removed(place);
    if (known !== place) old.insertBefore(known, place);
    else place = place.nextSibling;
    if (known.nodeType === Node.ELEMENT_NODE) patch(known, wanted);
    else if (known.data !== wanted.data) known.data = wanted.data;
  }
  while (place) place = removed(place);
}

/** Remove a node, and return the one behind it. */
function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** Tell whether an attribute is the reader's, who opens and closes details, and not the page's. */
function isReaders(node, name) {
  return node.nodeName === "DETAILS" && name === "open";
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "";
}

function likeness(node, wanted) {
  return node && !keyOf(node) && node.nodeName === wanted.nodeName ? node : null;
}
