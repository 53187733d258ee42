// A minimal Service: answers every request with a greeting and the name of the revision.
import { createServer } from "node:http";

const { TARGET = "World", PORT = "8080", K_REVISION = "no revision" } = process.env;

const server = createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello ${TARGET}! I am ${K_REVISION}, process ${process.pid}.\n`);
});
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));

// Exit on SIGTERM: a Service that ignores it is killed only after ten seconds.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
