// Reads a Dockerfile: its stages, each with its instructions.

/** One instruction, with its continuation lines in one. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The stages. Each begins with its `FROM`. */
export function readDockerfile(text: string): readonly (readonly Instruction[])[] {
  const lines = text.replaceAll(/^\s*#.*\n/gm, "").replaceAll(/\\\n\s*/g, " ");
  const stages: Instruction[][] = [];
  for (const line of lines.split("\n").filter((each) => each.trim() !== "")) {
    const space = line.indexOf(" ");
    const instruction = { name: line.slice(0, space), text: line.slice(space + 1).trim() };
    if (instruction.name === "FROM") stages.push([]);
    stages.at(-1)?.push(instruction);
  }
  return stages;
}
