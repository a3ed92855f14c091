/** The identity provider does not answer as it should: nobody can sign in, and it is not the person's fault. */
export class ProviderTrouble extends Error {
  override name = 'ProviderTrouble'
}

/** What the library wrapped, where it was the provider's trouble. */
export const troubleIn = (error: unknown): ProviderTrouble | undefined =>
  error instanceof ProviderTrouble ? error : error instanceof Error ? troubleIn(error.cause) : undefined
