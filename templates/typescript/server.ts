// A minimal Service: answers every request with a greeting and the name of its revision.
import { createServer } from "node:http";

const { PORT = "8080", TARGET = "World", K_REVISION = "no revision" } = process.env;

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/plain; charset=utf-8");
  response.end(`Hello ${TARGET}! I am ${K_REVISION}.\n`);
});
server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

// Knative sends SIGTERM before it stops a container: finish open requests, then exit.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
