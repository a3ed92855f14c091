/** The members of a list as headers have them (RFC 9110 section 5.6.1), without the spaces around. */
export const membersOf = (list: string): string[] => list.split(',').map((member) => member.trim())
