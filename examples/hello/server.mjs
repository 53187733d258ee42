// The smallest Service: answers every request with a greeting and with who answered.
import { createServer } from "node:http";

const { TARGET = "World", PORT = "8080", K_REVISION = "no revision" } = process.env;

const server = createServer((request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello ${TARGET}! I am ${K_REVISION}, process ${process.pid}.\n`);
});
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));

// A Service that goes on SIGTERM is gone at once; one that ignores it costs ten seconds.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
