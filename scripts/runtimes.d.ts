/** Gives the folder of packages, if it can. */
type Locate = (name: string, packages: string[], options?: object) => string | undefined
export const findInstalled: Locate
export const nodeProgram: (major: 20 | 22 | 24 | 26, locate?: Locate) => string | undefined
export const bunProgram: (locate?: Locate) => string | undefined
export const denoProgram: (locate?: Locate) => string | undefined
export const databasesFolder: (locate?: Locate) => string | undefined
