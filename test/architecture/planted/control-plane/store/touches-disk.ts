import { readFileSync } from "node:fs";
export const touched = readFileSync;
