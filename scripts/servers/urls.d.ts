export function serviceOf(variable: string): string | undefined
