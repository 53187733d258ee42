// Stores the questions of reconcilers and their answers. Several tasks can share a question.
import { keyText } from "../../apis/meta/key.ts";
import { sameJson } from "../../base/json.ts";
import type { AnswerOf, Inquiry } from "./reconciler.ts";
import type { Task } from "./task.ts";

/** Answers a question. It can call `done` several times until the question is forgotten. The newest answer counts. */
export type Inquire = <Q extends Inquiry>(question: Q, done: (answer: AnswerOf<Q>) => void) => void;

interface Asked {
  answer: AnswerOf<Inquiry> | undefined;
  readonly askers: Set<Task>;
}

export class Inquiries {
  readonly #inquire: Inquire;
  readonly #enqueue: (task: Task) => void;
  readonly #asked = new Map<string, Asked>();
  readonly #byTask = new Map<Task, Set<string>>();

  constructor(inquire: Inquire, enqueue: (task: Task) => void) {
    this.#inquire = inquire;
    this.#enqueue = enqueue;
  }

  answer<Q extends Inquiry>(question: Q): AnswerOf<Q> | undefined {
    if (this.#asked.size === 0) return undefined;
    return this.#asked.get(questionText(question))?.answer as AnswerOf<Q> | undefined;
  }

  ask(question: Inquiry, task: Task): void {
    const text = questionText(question);
    this.#byTask.set(task, (this.#byTask.get(task) ?? new Set()).add(text));
    const known = this.#asked.get(text);
    if (known) {
      known.askers.add(task);
      return;
    }
    const asked: Asked = { answer: undefined, askers: new Set([task]) };
    this.#asked.set(text, asked);
    this.#inquire(question, (answer) => {
      // Ignore the answer if the question was forgotten meanwhile.
      if (this.#asked.get(text) !== asked || sameJson(asked.answer, answer)) return;
      asked.answer = answer;
      for (const asker of asked.askers) this.#enqueue(asker);
    });
  }

  /** Drops the answer and enqueues the tasks that asked; they may ask again. */
  forget(question: Inquiry): void {
    const text = questionText(question);
    const asked = this.#asked.get(text);
    this.#asked.delete(text);
    for (const asker of asked?.askers ?? []) this.#enqueue(asker);
  }

  /** Drops a task, and the questions that only this task asked. */
  drop(task: Task): void {
    for (const text of this.#byTask.get(task) ?? []) {
      const asked = this.#asked.get(text);
      asked?.askers.delete(task);
      if (asked?.askers.size === 0) this.#asked.delete(text);
    }
    this.#byTask.delete(task);
  }
}

function questionText(question: Inquiry): string {
  switch (question.ask) {
    case "ActivatorProbe":
    case "MetricCollection":
      return `${question.ask} ${question.revision}`;
    case "PodAdmission":
      return `${question.ask} ${keyText(question.deployment)}`;
    case "IngressProbe":
      return `${question.ask} ${keyText(question.ingress)} ${question.hash} ${question.hosts.join(",")}`;
    case "Digest": {
      const { ask, image, namespace, pullSecrets, revisionUid } = question;
      return JSON.stringify([ask, image, namespace, pullSecrets, revisionUid]);
    }
  }
}
