import type { High } from "../control-plane/controller/high.ts";
export type Up = High;
