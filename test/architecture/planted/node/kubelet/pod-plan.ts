import { createServer } from "node:http";
export const plan = createServer;
