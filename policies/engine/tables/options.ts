/** Names of options and variables of servers. A table, no logic. */

/** Names of options and variables that say where a server keeps its data. */
export const dataName = /data|dbpath|db[-_]?path|store|^-{1,2}dir$|^-D$|^-sd$|^server$|journal|storage/i;

/** Names of those that say where something else goes. */
export const notDataName = /tmp|temp|log|conf|plugin|secret|cert|password|source/i;
