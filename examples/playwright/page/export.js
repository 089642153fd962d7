// A small page as a shop's back office might have it: it starts an export, shows how far it is, and what goes wrong.
// ?api=… says where the WEBSALE API is.

const api = new URLSearchParams(location.search).get("api") ?? "http://127.0.0.1:8080";
const pollMilliseconds = 50;
const states = ["Ready", "Starting", "Running", "Paused", "Canceled", "Finished", "Failed"];

const form = document.querySelector("form");
const pause = document.querySelector("#pause");
const progress = document.querySelector("progress");
const status = document.querySelector("[role=status]");
const alert = document.querySelector("[role=alert]");
const download = document.querySelector("a");
let token;

async function call(method, path, body) {
  const answer = await fetch(`${api}/admin/api/v1/${path}`, {
    method,
    headers: {
      ...(token && { "X-Authorization": `Bearer ${token}` }),
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.reason);
  return content;
}

async function attempt(work) {
  alert.textContent = "";
  try {
    await work();
  } catch (error) {
    alert.textContent = error.message;
  }
}

function show(report) {
  progress.value = report.percentage;
  status.textContent = `${states[report.status]}: ${report.processed} of ${report.total}`;
  pause.disabled = report.status !== 2;
  download.hidden = report.status !== 5;
  download.href = report.fileUrl;
  if (report.lastError) throw new Error(report.lastError);
}

async function follow(service) {
  const report = await call("GET", `report/${service}/status`);
  show(report);
  if (report.status < 4) setTimeout(() => attempt(() => follow(service)), pollMilliseconds);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    token ??= (await call("POST", "login", { userName: "admin", password: "admin" })).accessToken;
    show(await call("POST", `report/${form.service.value}/start`));
    await follow(form.service.value);
  });
});
pause.addEventListener("click", () => attempt(() => call("POST", `report/${form.service.value}/pause`)));
