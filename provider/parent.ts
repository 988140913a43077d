const lookMs = 500;

/**
 * Calls `end` once when the process that started this one is gone, however it ended: a killed engine says no goodbye.
 * @param parentOf the process id of the parent, as it is now.
 */
export function onceOrphaned(end: () => void, parentOf: () => number = () => process.ppid): void {
  const parent = parentOf();
  const look = setInterval(() => {
    // Orphans are given to another process.
    if (parentOf() === parent) return;
    clearInterval(look);
    end();
  }, lookMs);
  look.unref();
}
