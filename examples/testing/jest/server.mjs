// The Service under test: greets, and takes 3 s for /slow.
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const delayMs = request.url === "/slow" ? 3000 : 0;
  setTimeout(() => response.end(`Hello from ${process.env.K_REVISION}\n`), delayMs);
});
server.listen(Number(process.env.PORT ?? 8080));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
