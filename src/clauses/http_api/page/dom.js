// Elements from data. Whatever a document says becomes text, never markup.

/** An element: `el("p", {class: "note", onclick: …}, "text", child, …)`. Names that start with `on` are listeners. */
export function el(tag, attributes = {}, ...children) {
  const found = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) found.addEventListener(name.slice(2), value);
    else if (name === "value") found.value = value;
    else found.setAttribute(name, value === true ? "" : String(value));
  }
  found.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return found;
}

export const byId = (id) => document.getElementById(id);

/** Put other children into an element, and leave the focus where it was if what had it is there again. */
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  if (focused !== undefined) {
    const again = [...element.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused);
    again?.focus({ preventScroll: true });
  }
}

/** Make a list of tabs work with a pointer and with arrow keys. `shown` hears which view is now to be seen. */
export function tabs(list, shown) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const select = (tab, focus) => {
    for (const one of all) {
      const isIt = one === tab;
      one.setAttribute("aria-selected", String(isIt));
      one.tabIndex = isIt ? 0 : -1;
      byId(one.getAttribute("aria-controls")).hidden = !isIt;
    }
    if (focus) tab.focus();
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    shown(tab.id.replace(/^tab-/, ""));
  };
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) select(tab, false);
  });
  list.addEventListener("keydown", (event) => {
    const here = all.indexOf(document.activeElement);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (here < 0 || to === undefined) return;
    event.preventDefault();
    select(all[(to + all.length) % all.length], true);
  });
  return (id) => select(byId(`tab-${id}`), false);
}

/** A call that is made only when nothing newer was asked for within some milliseconds. */
export function later(milliseconds, work) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...given), milliseconds);
  };
}

/** A day as a lawyer writes it; whatever is not a day stays as it is. */
export function day(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  if (!found) return text ?? "";
  const months = "January February March April May June July August September October November December".split(" ");
  return `${Number(found[3])} ${months[Number(found[2]) - 1]} ${found[1]}`;
}

/** The last part of a path-like name. */
export const fileName = (name) => (name ?? "").split("/").at(-1);

/** `oracle-supply.starts` as words. */
export const spoken = (name) => name.replaceAll("_", " ").replaceAll("-", " ");
