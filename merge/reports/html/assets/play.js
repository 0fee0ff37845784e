// Play: the scenes of a row one after the other, their scripts spoken by a voice of this computer.
//
// Words are highlighted by time, from the estimated speaking time, and corrected by what the voice reports: the
// word it has reached (not every voice does) and the end of each sentence. Only voices that work on this computer
// are used: an online voice would send the script to the maker of the browser.

import { clock, make } from "./elements.js";
import { fitLines, languageOf, pieces } from "./storyboard.js";

/** @typedef {import("./storyboard.js").Scene} Scene */
/** @typedef {import("./storyboard.js").Storyboard} Storyboard */
/**
 * A sentence, or the silence of a scene in which nobody speaks. `at` and `seconds` are on the player's time line,
 * `start` is where its text begins in the script.
 * @typedef {{scene: number, script: number, language: string, text: string, start: number, at: number, seconds: number}} Cue
 */
/** A word in a cue: where it is in the text, and when it is spoken, in seconds from the cue's beginning.
 * @typedef {{start: number, end: number, at: number}} Word */

const SILENCE = 3;
const PATIENCE = 2.5;
/** A voice may take twice as long as the avatar, and a little more. */
const OVERTIME = 4;
const MOST_VOICES = 30;
const WORD = "castmerge-word";

/** @param {Scene[]} scenes @returns {Cue[]} */
export function cuesOf(scenes) {
  /** @type {Cue[]} */
  const cues = [];
  let at = 0;
  /** @param {Omit<Cue, "at">} cue */
  const add = (cue) => { cues.push({ ...cue, at }); at += cue.seconds; };
  scenes.forEach((scene, number) => {
    scene.scripts.forEach(([, language, seconds, texts], script) => {
      const sentences = segmented(texts.join(""), language, "sentence").filter(({ segment }) => segment.trim());
      const letters = sentences.reduce((sum, { segment }) => sum + segment.trim().length, 0);
      for (const { segment, index } of sentences) {
        add({ scene: number, script, language, text: segment, start: index, seconds: (seconds * segment.trim().length) / letters });
      }
    });
    if (!scene.scripts.length) add({ scene: number, script: -1, language: "", text: "", start: 0, seconds: SILENCE });
  });
  return cues;
}

/** @param {string} text @param {string} language @param {"word" | "sentence"} granularity */
function segmented(text, language, granularity) {
  let known = "en";
  try { known = Intl.getCanonicalLocales(language.replace("_", "-"))[0] ?? "en"; } catch { /* the name of no language */ }
  return [...new Intl.Segmenter(known, { granularity }).segment(text)];
}

/** The words of a cue; each takes its share of the cue's time by its letters. @param {Cue} cue @returns {Word[]} */
export function timedWords(cue) {
  const parts = segmented(cue.text, cue.language, "word");
  const all = Math.max(cue.text.trim().length, 1);
  let letters = 0;
  /** @type {Word[]} */
  const words = [];
  for (const { segment, index, isWordLike } of parts) {
    if (isWordLike) words.push({ start: index, end: index + segment.length, at: (cue.seconds * letters) / all });
    if (letters || segment.trim()) letters += segment.length;
  }
  return words;
}

const primary = (/** @type {string} */ code) => code.toLowerCase().split(/[-_]/)[0];

/** Voices for a language that work on this computer, the closest first. @param {string} language @returns {SpeechSynthesisVoice[]} */
export function voicesFor(language) {
  const exact = language.toLowerCase().replace("_", "-");
  /** @param {SpeechSynthesisVoice} voice */
  const rank = (voice) => (voice.lang.toLowerCase().replace("_", "-") === exact ? 0 : 2) + (voice.default ? 0 : 1);
  const here = typeof speechSynthesis === "undefined" ? [] : speechSynthesis.getVoices();
  const found = here.filter((voice) => voice.localService && primary(voice.lang) === primary(language || "en"));
  return found.sort((one, other) => rank(one) - rank(other)).slice(0, MOST_VOICES);
}

/** Says one cue after the other and reports where it is. */
export class Player {
  /** @param {Cue[]} cues */
  constructor(cues) {
    this.cues = cues;
    // In tenths, like the speaking times of the scripts.
    this.seconds = Math.round(cues.reduce((sum, cue) => sum + cue.seconds, 0) * 10) / 10;
    this.cue = 0;
    /** Seconds of the cue that are over. */
    this.inside = 0;
    this.playing = false;
    /** @type {Record<string, SpeechSynthesisVoice | null>} the chosen voice by language; null is none */
    this.voices = {};
    this.onMove = () => {};
    this.onVoiceLost = () => {};
    this.turn = 0;
    this.speaking = false;
    this.heard = false;
    this.clock = 0;
    this.over = 0;
    /** @type {Word[]} */
    this.words = [];
    this.open();
  }

  get position() { return (this.cues[this.cue]?.at ?? 0) + this.inside; }

  get current() { return /** @type {Cue | undefined} */ (this.cues[this.cue]); }

  /** The word that is being said. */
  get word() { return this.words.findLast((word) => word.at <= this.inside + 0.05); }

  /** @param {Cue} cue */
  voiceOf(cue) {
    if (!cue.text) return null;
    return cue.language in this.voices ? this.voices[cue.language] : (voicesFor(cue.language)[0] ?? null);
  }

  play() {
    if (!this.cues.length) return;
    if (this.position >= this.seconds - 0.05) { this.cue = 0; this.inside = 0; }
    this.playing = true;
    this.begin();
    const tick = () => {
      if (!this.playing) return;
      this.tick();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    this.onMove();
  }

  pause() {
    this.playing = false;
    this.hush();
    this.onMove();
  }

  /** @param {number} seconds on the time line */
  seek(seconds) {
    const last = this.cues.findLastIndex((cue) => cue.at <= seconds);
    this.cue = Math.max(last, 0);
    this.inside = Math.min(Math.max(seconds - (this.cues[this.cue]?.at ?? 0), 0), this.cues[this.cue]?.seconds ?? 0);
    this.open();
    if (this.playing) this.begin();
    this.onMove();
  }

  open() {
    const cue = this.current;
    this.words = cue ? timedWords(cue) : [];
  }

  hush() {
    this.turn += 1;
    this.speaking = false;
    if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
  }

  /** Begin the cue, or the rest of it from the current word. */
  begin() {
    this.hush();
    this.clock = performance.now();
    this.over = 0;
    const cue = this.current;
    const voice = cue && this.voiceOf(cue);
    if (!cue || !voice) return;
    const from = this.inside > 0.3 ? (this.word?.start ?? 0) : 0;
    const said = new SpeechSynthesisUtterance(cue.text.slice(from));
    said.voice = voice;
    said.lang = voice.lang;
    const turn = this.turn;
    const mine = () => turn === this.turn && this.playing;
    said.addEventListener("start", () => { if (mine()) { this.heard = true; this.clock = performance.now(); } });
    said.addEventListener("boundary", (event) => {
      const word = mine() && event.name !== "sentence" ? this.words.findLast((each) => each.start <= from + event.charIndex) : undefined;
      if (word) { this.inside = word.at; this.onMove(); }
    });
    said.addEventListener("end", () => { if (mine()) this.next(); });
    said.addEventListener("error", () => { if (mine()) this.loseVoice(cue); });
    this.heard = false;
    this.speaking = true;
    speechSynthesis.speak(said);
  }

  /** @param {Cue} cue */
  loseVoice(cue) {
    this.voices[cue.language] = null;
    this.speaking = false;
    this.clock = performance.now();
    this.onVoiceLost();
  }

  tick() {
    const cue = this.current;
    if (!cue) return;
    const now = performance.now();
    const passed = (now - this.clock) / 1000;
    if (this.speaking && !this.heard) {
      if (passed > PATIENCE) this.loseVoice(cue);
      return;
    }
    this.clock = now;
    this.inside = Math.min(this.inside + passed, cue.seconds);
    if (this.inside >= cue.seconds && this.speaking) {
      this.over += passed;
      if (this.over > cue.seconds + OVERTIME) {
        this.hush();
        this.loseVoice(cue);
      }
    }
    // A voice decides when its sentence ends; without one the estimate does.
    if (this.inside >= cue.seconds && !this.speaking) this.next();
    else this.onMove();
  }

  next() {
    this.speaking = false;
    if (this.cue + 1 < this.cues.length) {
      this.cue += 1;
      this.inside = 0;
      this.open();
      this.begin();
    } else {
      this.inside = this.current?.seconds ?? 0;
      this.playing = false;
      this.hush();
    }
    this.onMove();
  }
}

/** The player that runs; only one speaks at a time. @type {Player | null} */
let running = null;

/** Stop whatever is playing. */
export function stopPlaying() {
  running?.pause();
  running = null;
}

/**
 * A stage with its controls: the scene, the script with the word that is being said, Play, and a time line.
 * Words of the page are passed in, so that it can be translated.
 */
export class Stage {
  /**
   * @param {Storyboard} board
   * @param {Scene[]} scenes
   * @param {typeof STAGE_TEXTS} texts
   * @param {string} name whose scenes these are
   */
  constructor(board, scenes, texts, name) {
    this.board = board;
    this.scenes = scenes;
    this.texts = texts;
    this.player = new Player(cuesOf(scenes));
    this.shown = "";
    /** @type {HTMLElement[]} */
    this.said = [];
    this.picture = make("div", { class: "stage-picture" });
    this.caption = make("div", { class: "stage-caption", tabindex: 0, role: "group", "aria-label": texts.script });
    this.button = make("button", { type: "button", class: "stage-play primary" });
    this.slider = make("input", { type: "range", class: "stage-time", min: 0, max: Math.max(this.player.seconds, 0.1).toFixed(1), step: 0.1, value: 0, "aria-label": texts.position });
    this.time = make("span", { class: "stage-clock" });
    this.note = make("p", { class: "stage-note" });
    this.choice = make("span", { class: "stage-voice" });
    this.element = make("div", { class: "stage", role: "group", "aria-label": name }, this.picture, this.caption,
      make("div", { class: "stage-controls" }, this.button, this.slider, this.time), make("div", { class: "stage-foot" }, this.note, this.choice));
    this.player.onMove = () => this.show();
    this.player.onVoiceLost = () => this.showVoices();
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.player.seek(Number(this.slider.value)));
    this.showVoices();
    // Browsers load their voices after the page.
    if (typeof speechSynthesis !== "undefined") speechSynthesis.addEventListener?.("voiceschanged", () => this.showVoices());
    this.show();
  }

  toggle() {
    if (this.player.playing) {
      this.player.pause();
      return;
    }
    if (running !== this.player) stopPlaying();
    running = this.player;
    this.player.play();
  }

  /** Draw again, for example with pictures. */
  redraw() {
    this.shown = "";
    this.show();
  }

  show() {
    const { player } = this;
    const cue = player.current;
    const scene = cue?.scene ?? 0;
    if (this.shown !== `${scene}`) this.showScene(scene);
    const label = player.playing ? this.texts.pause : this.texts.play;
    if (this.button.textContent !== label) this.button.textContent = label;
    this.button.classList.toggle("is-playing", player.playing);
    const time = `${clock(player.position)} / ${clock(player.seconds)}`;
    if (this.time.textContent !== time) {
      this.time.textContent = time;
      this.slider.setAttribute("aria-valuetext", this.texts.at(clock(player.position), clock(player.seconds)));
    }
    this.slider.value = player.position.toFixed(1);
    this.highlight(player.playing || player.inside > 0 ? cue : undefined);
  }

  /** @param {number} number */
  showScene(number) {
    this.shown = `${number}`;
    const scene = this.scenes[number];
    if (!scene) {
      this.picture.replaceChildren();
      return;
    }
    const drawing = this.board.draw(scene);
    drawing.setAttribute("role", "img");
    drawing.setAttribute("aria-label", this.texts.scene(number + 1, this.scenes.length, scene.alt));
    this.picture.classList.toggle("upright", this.board.isUpright(scene));
    this.picture.replaceChildren(drawing);
    this.said = scene.scripts.map(([, language, , texts]) => make("p", { dir: "auto", lang: language || null }, ...pieces(texts)));
    this.caption.replaceChildren(...(this.said.length ? this.said : [make("p", { class: "silent" }, this.texts.silent)]));
    this.caption.scrollTop = 0;
    fitLines(this.picture);
  }

  /** @param {Cue | undefined} cue */
  highlight(cue) {
    if (!("highlights" in CSS)) return;
    const element = cue && this.said[cue.script];
    const word = this.player.word;
    const range = element && word && rangeOf(element, cue.start + word.start, cue.start + word.end);
    if (!range) {
      if (running === this.player || running === null) CSS.highlights.delete(WORD);
      return;
    }
    CSS.highlights.set(WORD, new Highlight(range));
    const place = range.getBoundingClientRect();
    const box = this.caption.getBoundingClientRect();
    if (place.bottom > box.bottom || place.top < box.top) this.caption.scrollTop += place.top - box.top - box.height / 3;
  }

  showVoices() {
    const languages = [...new Set(this.player.cues.filter((cue) => cue.text).map((cue) => cue.language))];
    const lost = languages.filter((language) => !this.voices(language).length);
    const names = lost.map((language) => languageOf(language) || this.texts.unknownLanguage);
    this.note.textContent = !languages.length ? "" : lost.length ? this.texts.noVoice(names) : this.texts.standIn;
    this.note.classList.toggle("missing", lost.length > 0);
    this.choice.replaceChildren(...languages.filter((language) => this.voices(language).length > 1).map((language) => this.chooser(language)));
  }

  /** @param {string} language */
  voices(language) {
    return this.player.voices[language] === null ? [] : voicesFor(language);
  }

  /** @param {string} language */
  chooser(language) {
    const voices = voicesFor(language);
    const select = make("select", { "aria-label": this.texts.voice(languageOf(language)) }, ...voices.map((voice, number) => make("option", { value: number }, voice.name)));
    select.addEventListener("change", () => {
      this.player.voices[language] = voices[Number(select.value)] ?? null;
      if (this.player.playing) this.player.begin();
    });
    return select;
  }
}

/** The part of an element's text from one letter to another. @param {HTMLElement} element @param {number} start @param {number} end */
function rangeOf(element, start, end) {
  const range = new Range();
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let passed = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (start >= passed && start < passed + length) range.setStart(node, start - passed);
    if (end <= passed + length) {
      range.setEnd(node, Math.max(end - passed, 0));
      return range;
    }
    passed += length;
  }
  return null;
}

export const STAGE_TEXTS = {
  play: "Play",
  pause: "Pause",
  script: "Script",
  position: "Position",
  silent: "Nobody speaks in this scene.",
  unknownLanguage: "the script’s language",
  standIn: "Spoken by this computer’s own voice, not by the avatar’s. The video’s timing may differ.",
  /** @param {string[]} languages */
  noVoice: (languages) => `This computer has no voice for ${languages.join(" or ")}. Play shows the words at the avatar’s pace, without sound.`,
  /** @param {string} language */
  voice: (language) => `Voice for ${language}`,
  /** @param {string} now @param {string} whole */
  at: (now, whole) => `${now} of ${whole}`,
  /** @param {number} number @param {number} many @param {string} alt */
  scene: (number, many, alt) => `Scene ${number} of ${many}: ${alt}`,
};
