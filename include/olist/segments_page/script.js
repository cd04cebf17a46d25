// What the page needs inside Airflow's frame; outside of it, it does nothing.
const airflow = window.top === window ? null : window.top.document;

// The frame's sandbox keeps links inside, and Airflow would show itself within itself: the window around the
// frame opens them instead.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-leave]");
  if (!airflow || !link) return;
  event.preventDefault();
  const twin = airflow.createElement("a");
  twin.href = link.href;
  twin.target = link.dataset.leave;
  twin.rel = "noopener";
  twin.click();
});

// Light or dark as Airflow's own switch says, which may differ from what the system prefers.
const dark = [...document.styleSheets[0].cssRules].find((rule) => rule.conditionText?.includes("color-scheme: dark"));
function follow() {
  const isDark = airflow.documentElement.classList.contains("dark");
  dark.media.mediaText = isDark ? "screen" : "not all";
  document.querySelector("meta[name=color-scheme]").content = isDark ? "dark" : "light";
}
if (airflow) {
  follow();
  new MutationObserver(follow).observe(airflow.documentElement, { attributeFilter: ["class"] });
}
