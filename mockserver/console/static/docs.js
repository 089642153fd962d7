// Swagger UI in the console: one specification, called in the page's world, with a token of the fixtures filled in.

const place = document.getElementById("docs");
const actAs = document.getElementById("act-as");

const answer = await fetch(place.dataset.specification);
const specification = await answer.json();
for (const server of specification.servers) server.url = place.dataset.root + server.url;
const operations = Object.values(specification.paths).flatMap((path) => Object.values(path));
const parameters = [...Object.values(specification.paths), ...operations].flatMap((part) => part.parameters ?? []);
for (const parameter of [...parameters, ...Object.values(specification.components.parameters ?? {})])
  if (!parameter.required) tellExample(parameter);

/** Say an example instead of filling it in: a call with every filter at once finds nothing. */
function tellExample(parameter) {
  const name = parameter.schema?.$ref?.replace("#/components/schemas/", "");
  const { example: sample, ...schema } = name ? specification.components.schemas[name] : (parameter.schema ?? {});
  const example = parameter.example ?? sample;
  if (example === undefined) return;
  parameter.description = `${parameter.description ?? ""}\n\nExample: \`${JSON.stringify(example)}\``;
  parameter.schema = schema;
  delete parameter.example;
  const isObject = typeof example === "object" && !Array.isArray(example);
  if (isObject) parameter.example = {}; // without any, Swagger UI makes one up
}

const ui = window.SwaggerUIBundle({
  spec: specification,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  validatorUrl: null,
  onComplete: () => {
    if (actAs) authorize();
    mend();
  },
});

/** Fill a token in wherever the specification takes one; of several ways the first, which is the vendor's own. */
function authorize() {
  const schemes = specification.components.securitySchemes ?? {};
  const ways = [specification, ...operations].map((part) => Object.keys(part?.security?.[0] ?? {})[0]);
  const names = [...new Set(ways)].filter((name) => name in schemes);
  if (ui.authSelectors.authorized().size) ui.authActions.logout(names);
  if (!actAs.value) return;
  for (const name of names) {
    const prefix = schemes[name].type === "apiKey" ? "Bearer " : "";
    ui.preauthorizeApiKey(name, prefix + actAs.value);
  }
}

actAs?.addEventListener("change", () => {
  const address = new URL(location.href);
  address.searchParams.set("as", actAs.value);
  history.replaceState(history.state, "", address);
  authorize();
});

// --- What Swagger UI leaves out for those who do not see, or do not use a mouse --------------------------

/** Names of things that have none, by where they stand; a function finds out more from the surroundings. */
const NAMES = {
  ".servers select": () => "Server",
  ".parameters select, .parameters textarea, .parameters input": (field) => parameterOf(field),
  ".body-param textarea": () => "Request body",
  ".body-param__example select, .opblock-section-request-body select": () => "Request body: kind or example",
  ".examples-select select": (field) => `Example${statusOf(field)}`,
  ".response-control-media-type select, .content-type": (field) => `Media type${statusOf(field)}`,
  ".copy-to-clipboard button": () => "Copy",
  ".close-modal": () => "Close",
  ".model-box-control:not(:has(.model-title))": () => "Unfold or fold",
  ".dialog-ux input": (field) => field.closest("form").querySelector("code")?.textContent ?? "Token",
};

function parameterOf(field) {
  const row = field.closest("[data-param-name]");
  return row ? row.dataset.paramName : "Value";
}

function statusOf(field) {
  const row = field.closest("[data-code]");
  return row ? ` of ${row.dataset.code}` : "";
}

function mend() {
  for (const [selector, name] of Object.entries(NAMES))
    for (const element of place.querySelectorAll(selector))
      if (!element.ariaLabel) element.ariaLabel = name(element);
  for (const button of place.querySelectorAll(".opblock-summary-control")) {
    button.removeAttribute("aria-label"); // its text says more
    button.querySelector("a[href]")?.removeAttribute("href"); // a link within a button; the button does the same
  }
  for (const table of place.querySelectorAll("table[role=region]")) table.removeAttribute("role"); // it is a table
  for (const heading of place.querySelectorAll(".dialog-ux h6")) heading.ariaLevel = "5";
  for (const text of place.querySelectorAll("pre:not([tabindex]), .model-box:not([tabindex])"))
    if (text.scrollWidth > text.clientWidth || text.scrollHeight > text.clientHeight) text.tabIndex = 0;
  for (const button of place.querySelectorAll(".download-contents:not([role])")) {
    button.role = "button";
    button.tabIndex = 0;
    button.addEventListener("keydown", (event) => ["Enter", " "].includes(event.key) && button.click());
  }
}

let mending = 0;
new MutationObserver(() => {
  cancelAnimationFrame(mending);
  mending = requestAnimationFrame(mend);
}).observe(place, { childList: true, subtree: true });
