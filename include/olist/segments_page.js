// Airflow shows this page in a frame whose sandbox keeps links inside, and would show itself within itself.
// The window around the frame opens such a link instead; outside a frame a link is a link.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-leave]");
  if (!link || window.top === window) return;
  event.preventDefault();
  const twin = window.top.document.createElement("a");
  twin.href = link.href;
  twin.target = link.dataset.leave;
  twin.rel = "noopener";
  twin.click();
});
