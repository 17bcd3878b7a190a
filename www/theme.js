// The colours that the person chose, before the page is first drawn. The app's own switch keeps them under this name.
try {
  const theme = localStorage.getItem("likeness.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has the system's colours.
}
