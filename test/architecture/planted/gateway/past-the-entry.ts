// Planted: imports the inside of a room with entries.
import { inside } from "../data-plane/http-server/inside.ts";

export const outside = inside;
