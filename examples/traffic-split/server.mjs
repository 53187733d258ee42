// Answers with its colour, which shows the traffic split.
import { createServer } from "node:http";

const { COLOUR = "grey", PORT = "8080" } = process.env;

const server = createServer((_request, response) => response.end(`${COLOUR}\n`));
server.listen(Number(PORT), () => console.log(`${COLOUR} listens on ${PORT}`));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
