// The account's projects at AI Studios, by name; one click saves one as the template.

import { folded, make } from "/shared/elements.js";
import { get, post, Refused, upload } from "./api.js";
import { openConnect, whenConnected } from "./connect.js";
import { take } from "./store.js";
import { T } from "./texts.js";
import { busy, button, faultNotice, openDialog, sentence, toast } from "./ui.js";

/** @typedef {import("./contract").Project} Project */

/** The account's projects; one click makes one the template. */
export const openStudio = () => openList(T.studio.title, T.studio.lead, "/api/projects", "/api/projects/save");

/** AI Studios' own templates; one click makes a project from one. */
export const openBusinessTemplates = () => openList(T.studio.ownTitle, T.studio.ownLead, "/api/business-templates", "/api/business-templates/use");

/** Make a project from slides. @param {File} file */
export const importSlides = (file) => whenConnected(async () => {
  toast(T.studio.importing(file.name));
  const { template } = /** @type {{template: string}} */ (await upload(`/api/deck?name=${encodeURIComponent(file.name)}`, file));
  take(await get("/api/state"));
  toast(T.files.added(template));
});

/** @param {string} title @param {string} lead @param {string} from @param {string} to */
const openList = (title, lead, from, to) => whenConnected(() => {
  openDialog(title, (close) => {
    const list = make("ul", { class: "projects" });
    const body = make("div", { class: "studio" }, busy(T.frame.loading));
    void load(body, list, close, from, to);
    return [make("p", { class: "lead" }, lead), body];
  }, { wide: true });
});

/** @param {HTMLElement} body @param {HTMLElement} list @param {() => void} close @param {string} from @param {string} to */
async function load(body, list, close, from, to) {
  try {
    const { projects } = /** @type {{projects: Project[]}} */ (await get(from));
    const search = make("input", { type: "search", placeholder: T.studio.search, "aria-label": T.studio.search, autofocus: true });
    const draw = () => {
      const found = projects.filter((project) => folded(project.name).includes(folded(search.value.trim())));
      list.replaceChildren(...found.map((project) => projectItem(project, close, to)));
      if (!found.length) list.append(make("li", { class: "nothing" }, projects.length ? T.studio.none : T.studio.noneAtAll));
    };
    search.addEventListener("input", draw);
    draw();
    body.replaceChildren(search, list);
    search.focus();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.fault.kind === "key") {
      close();
      openConnect(sentence(error.fault));
      return;
    }
    body.replaceChildren(faultNotice(error.fault, button(T.frame.tryAgain, () => { body.replaceChildren(busy(T.frame.loading)); return load(body, list, close, from, to); })));
  }
}

/** @param {Project} project @param {() => void} close @param {string} to */
function projectItem(project, close, to) {
  const save = async () => {
    const { template } = /** @type {{template: string}} */ (await post(to, { id: project.id, name: project.name }));
    take(await get("/api/state"));
    close();
    toast(T.files.added(template));
  };
  return make("li", {},
    make("span", {}, make("b", {}, project.name), make("span", { class: "small" }, project.modified ? T.files.changed(T.when(project.modified)) : "")),
    button(T.studio.save, save, { "aria-label": `${T.studio.save}: ${project.name}` }));
}
