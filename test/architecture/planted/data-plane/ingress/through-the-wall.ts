import { kubelet } from "../../node/kubelet/kubelet.ts";
export const wall = kubelet;
