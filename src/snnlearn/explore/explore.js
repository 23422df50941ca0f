// Lets each figure of the page follow its controls. All numbers are in the page already.
for (const element of document.querySelectorAll(".explorable")) {
  const { figure, controls, followers, words } = JSON.parse(
    element.querySelector('script[type="application/json"]').textContent
  );
  const plot = element.querySelector(".plot");
  const inputs = new Map(controls.map(({ name }) => [name, element.querySelector(`[name="${name}"]`)]));
  const chosen = ({ by, values }) => by.reduce((found, name) => found[inputs.get(name).value], values);

  const draw = () => {
    for (const { name, choices, slider } of controls) {
      if (!slider) continue;
      const input = inputs.get(name);
      input.setAttribute("aria-valuetext", choices[input.value]);
      input.nextElementSibling.textContent = choices[input.value];
    }
    for (const follower of followers) {
      const [last, ...way] = [...follower.at].reverse();
      way.reverse().reduce((part, key) => part[key], figure)[last] = chosen(follower);
    }
    element.querySelector("output").textContent = chosen(words);
    // Plotly compares traces by identity.
    figure.data = figure.data.map((trace) => ({ ...trace }));
    return Plotly.react(plot, figure.data, structuredClone(figure.layout), {
      displayModeBar: false,
      responsive: true,
    });
  };

  // An address may ask for places: ?rate=0&stop=3
  const asked = new URLSearchParams(location.search);
  for (const [name, input] of inputs) {
    if (asked.has(name)) input.value = asked.get(name);
    input.addEventListener("input", draw);
  }
  element.querySelector(".controls").hidden = false;
  draw();
  element.parentElement.querySelector("img.still")?.remove(); // the picture for who runs no script
}
