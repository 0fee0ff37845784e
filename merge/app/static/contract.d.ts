// What the server sends and takes: the types behind every answer of its JSON API.

export type Kind =
  | "input" | "forbidden" | "missing" | "conflict" | "busy" | "too_large" | "key" | "network" | "service"
  | "encoding" | "unplaced" | "locked" | "fault";
export interface Fault { message: string; place: string; hint: string; kind: Kind; guesses?: Guess[]; unplaced?: Unplaced[]; unplaced_help?: UnplacedHelp }
export interface Guess { name: string; label: string; sample: string }
export interface Lock { name: string; program: string; message: string; hint: string }

export interface Connection { connected: boolean; where: "environment" | "keyring" | "session" | ""; region: "global" | "china"; host: string; keyring: string; help: string[] }
export interface Choice { workbook: string | null; sheet: string | null; table: string | null; template: string | null; practice: boolean }
export interface Preferences { pictures: boolean | null; name: string }
export interface State {
  version: string; folder: { name: string; path: string }; choice: Choice; connection: Connection; check: Check;
  run: Run | null; lock: Lock | null; preferences: Preferences;
}

export type Filter =
  | "all" | "to_make" | "problems" | "warnings" | "changed" | "done" | "failed" | "working" | "unconfirmed"
  | "left_alone" | "drafts" | "approved" | "rejected";
export type Counts = Record<Filter | "unplaced", number>;
export interface Unknown { placeholder: string; likely: string | null; options: string[]; places: string[] }
export interface Warning { kind: string; place: string; message: string; hint: string; rows: number[] }
export interface Problem { place: string; message: string; hint: string; row: number }
export interface Check {
  state: "none" | "reading" | "ready" | "failed"; version: number; error: Fault | null; checked_at: string; sheet: string;
  rows: number; counts: Counts; unknown: Unknown[]; notes: string[]; warnings: Warning[];
}

export interface Sheet { name: string; rows: number | null; headers: string[]; tables: string[]; hidden: boolean }
export interface Workbook { file: string; kind: "workbook" | "csv"; modified: string; bytes: number; sheets: Sheet[]; problem: Fault | null; lock: Lock | null }
export type Scene = import("/shared/storyboard.js").Scene;
export interface TemplateCard {
  file: string; title: string; modified: string; scenes: number; seconds: number; seconds_text: string; placeholders: string[];
  drawings: Scene[]; layouts: string[]; orientation: "landscape" | "portrait"; problem: Fault | null;
}
export interface Recent { id: string; folder: string; path: string; workbook: string; at: string; here: boolean }
export interface Folder { workbooks: Workbook[]; templates: TemplateCard[]; unusable: { file: string; message: string; hint: string }[]; recent: Recent[] }
export interface Project { id: string; name: string; modified: string | null }

export type Piece = { text: string } | { column: string; fallback: string; format: string } | { code: string };
export interface Live { row: number; pieces: string[]; problems: Problem[] }
export interface Text { path: string; label: string; scene: number; kind: "script" | "text" | "name"; language: string; pieces: Piece[]; live: Live | null }
export interface TemplateColumn { header: string; letter: string; sample: string; kind: "text" | "number" | "date" | "amount" }
export interface Format { id: string; label: string; for?: string[] }
export interface Template { file: string; version: string; saved_as: string | null; editable: boolean; why: string; columns: TemplateColumn[]; formats: Format[]; texts: Text[] }

export type Group = "to_make" | "problem" | "working" | "done" | "failed" | "changed" | "unconfirmed" | "draft" | "left_alone";
export interface Status { group: Group; label: string; will: "submit" | "follow" | "look" | "nothing" }
export interface Approval { decision: "approved" | "rejected"; by: string; at: string; comment: string; current: boolean }
export interface Video { id: string; url: string | null; completed_at: string }
export interface Row {
  number: number; cells: string[]; marks: [index: number, kind: "problem" | "warning", message: string, hint: string][]; status: Status;
  problems: Problem[]; warnings: Warning[]; percent: number | null; note: string; video: Video | null; approval: Approval | null; hidden: boolean;
}
export interface Column { header: string; letter: string; used: boolean; align: "left" | "right"; width: number }
export interface Rows { version: number; total: number; matching: number; offset: number; columns: Column[]; rows: Row[] }
export interface ProofRow {
  number: number; title: string; seconds: number; stopped: boolean; remark: string;
  notes: [place: string, words: string, stops: boolean][]; cells: [header: string, address: string, text: string, remark: string][]; scenes: Scene[];
}
export interface Preview { version: number; row: ProofRow; layouts: string[] }

export interface ApprovalRecord { id: number; at: string; by: string; decision: "approved" | "rejected"; rows: string; count: number; comment: string; code: string; workbook: string; template: string }
export interface Approvals { only_approved: boolean; code: string; records: ApprovalRecord[] }
export interface Page { file: string; url: string; code?: string }

export interface Ask { what: "sample" | "all" | "rows"; rows?: string; retry_failed?: boolean; changed?: boolean; remake?: string; new_rows?: boolean; anyway?: boolean; same_video?: boolean; resubmit?: boolean }
export interface Plan {
  version: number; code: string; practice: boolean; make: number; rows: string; follow: number; sample: { row: number; title: string; why: string } | null;
  skipped: { reason: string; count: number; rows: string }[]; credits: { known: boolean; amount: number | null; text: string };
  time: { text: string }; speech: { seconds: number; text: string };
  limits: { name: string; value: number; where: string; reached: boolean; text: string }[];
  notes: string[]; lock: Lock | null; blocked: Fault | null; unplaced: Unplaced[];
}
export interface Run {
  id: number; state: "starting" | "running" | "pausing" | "paused" | "stopping" | "waiting_for_workbook" | "finished"; practice: boolean;
  what: Ask["what"]; total: number; done: number; failed: number; working: number; waiting: number; percent: number;
  seconds_left: number | null; left_text: string; started_at: string; ended_at: string | null;
  network: { message: string; hint: string; since: string } | null; message: string;
  outcome: null | "complete" | "some_failed" | "stopped" | "interrupted" | "not_written" | "failed" | "open";
  notes: string[]; error: Fault | null; lock: Lock | null;
}
export interface RowChange { number: number; status: Status; percent: number | null; note: string; video: Video | null }

export interface Unplaced { id: string; url: string | null; made_from: string; at: string; text: string }
export interface UnplacedHelp { message: string; hint: string; actions: { do: "write_back" | "new_rows" | "key"; label: string; columns?: string[] }[] }
export interface Result {
  number: number; title: string; status: Status; url: string | null; note: string; credits: number | null;
  completed_at: string | null; file: string | null;
}
export interface Results {
  version: number; total: number; rows: Result[];
  unplaced: Unplaced[]; unplaced_help?: UnplacedHelp | null; practice: boolean;
}
export interface Shared {
  campaigns: { workbook: string; sheet: string; counts: Record<string, number>; credits: number; statuses: (Status & { count: number })[]; halted: string; workers: { account: string; host: string; since: string }[] }[];
}
export interface Download { done: number; total: number; failed: number; message: string }
