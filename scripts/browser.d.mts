export declare const findBrowser: () => string | undefined
export declare const browserHint: string

export declare const findFirefox: () => string | undefined
