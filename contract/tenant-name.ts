const form = /^(?:tenants?|orgs?|organi[sz]ations?)(?:ids?|slugs?|names?)?$/

/** Whether a name in a query says which tenant is meant, however it is spelled. */
export const isTenantName = (name: string): boolean =>
  name
    .toLowerCase()
    .split(/[^a-z0-9_-]+/)
    .some((part) => form.test(part.replace(/[^a-z]/g, '')))
