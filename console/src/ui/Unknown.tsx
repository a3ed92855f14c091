/** The product does not say: neither never nor none. */
export const Unknown = ({ of }: { of?: string }) => <span className="text-faint">{of ? `${of} unknown` : 'unknown'}</span>
