import Docker from "dockerode";
export const docker = Docker;
