/** The identity provider does not answer as it should: nobody can sign in, and it is not the person's fault. */
export class ProviderTrouble extends Error {
  override name = 'ProviderTrouble'
}
