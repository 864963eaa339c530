/* Shows the API's documentation with Swagger UI, which the page has loaded before. */

const place = document.getElementById("docs");
const dark = matchMedia("(prefers-color-scheme: dark)");
const adapt = () => document.documentElement.classList.toggle("dark-mode", dark.matches);

dark.addEventListener("change", adapt);
adapt();

if (window.SwaggerUIBundle) {
  SwaggerUIBundle({ url: "openapi.json", domNode: place, deepLinking: true, defaultModelsExpandDepth: 0 });
} else {
  place.textContent = "The documentation could not be loaded. Reload the page to try again.";
}
