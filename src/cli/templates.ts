// The templates of `knap init`: one row for each folder of templates/.

export interface Template {
  /** For `knap init --list`. */
  readonly summary: string;
  /** Installs what the tests need, and the Service too if it runs without Docker. */
  readonly install?: string;
  /** Runs the template's tests as CMD of `knap ci`. */
  readonly test: string;
}

export const templates = {
  node: { summary: "HTTP server in JavaScript", test: "npm test" },
  typescript: { summary: "HTTP server in TypeScript, which Node runs without a build", test: "npm test" },
  python: { summary: "HTTP server in Python", test: "python3 -m unittest" },
  go: { summary: "HTTP server in Go, in an image without a shell", test: "go test -count=1 ./..." },
  websocket: { summary: "WebSocket server in JavaScript", install: "npm install", test: "npm test" },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof templates;
export const templateNames = Object.keys(templates) as TemplateName[];
