/** What a developer has switched on /dev, by tenant. Forgotten when the program ends. */
export class Switches {
  readonly #stopped = new Set<string>()
  readonly #failing = new Set<string>()

  set(tenantId: string, { stopped, failing }: { stopped?: boolean | undefined; failing?: boolean | undefined }): void {
    if (stopped !== undefined) put(this.#stopped, tenantId, stopped)
    if (failing !== undefined) put(this.#failing, tenantId, failing)
  }

  isStopped(tenantId: string): boolean {
    return this.#stopped.has(tenantId)
  }

  isFailing(tenantId: string): boolean {
    return this.#failing.has(tenantId)
  }
}

const put = (set: Set<string>, id: string, isOn: boolean): void => void (isOn ? set.add(id) : set.delete(id))
