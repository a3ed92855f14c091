/** Where files are kept in memory, on a system that has such a place. */
export const memory = '/dev/shm'
