/*
 * The judge of the importer: Debian's own reading of a crontab (load_user, from its sources), and the rules of its main
 * loop driven by a clock that is made up. Built by debian-cron.sh; prints JSON.
 *
 *   debian-cron FILE USER|- FROM UNTIL COUNT    - reads it as a system crontab; times are seconds since the epoch, in TZ
 */
#define MAIN_PROGRAM
#include "cron.h"
#include <fcntl.h>

int lsbsysinit_mode, log_level, fqdn_in_subject;

static void text(const char *of) {
  putchar('"');
  for (; *of; of++) {
    unsigned char c = (unsigned char)*of;
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (c < 32) printf("\\u%04x", c);
    else putchar(c);
  }
  putchar('"');
}

static int due(const entry *e, time_min at, int wild, int fixed) {
  time_t second = (time_t)at * 60;
  struct tm *tm = gmtime(&second);
  int dom = bit_test(e->dom, tm->tm_mday - FIRST_DOM) != 0, dow = bit_test(e->dow, tm->tm_wday) != 0;
  if (!bit_test(e->minute, tm->tm_min) || !bit_test(e->hour, tm->tm_hour) || !bit_test(e->month, tm->tm_mon)) return 0;
  if (!((e->flags & (DOM_STAR | DOW_STAR)) ? dom && dow : dom || dow)) return 0;
  return (e->flags & (MIN_STAR | HR_STAR)) ? wild : fixed;
}

static time_min wall(time_t now) {
  struct tm tm = *localtime(&now);
  return (now + tm.tm_gmtoff) / 60;
}

static void firings(const entry *e, time_t from, time_t until, long count) {
  time_min virtual = wall(from), running;
  long said = 0;
#define SAY(n) for (int k_ = (n); k_ > 0 && said < count; k_--) printf("%s%ld", said++ ? "," : "", (long)(now / 60))
  for (time_t now = from + 60; now <= until && said < count; now += 60) {
    running = wall(now);
    long difference = running - virtual;
    if (difference == 1 || difference > 180 || difference <= -180) {
      virtual = running;
      SAY(due(e, running, 1, 1));
    } else if (difference > 5) {
      SAY(due(e, running, 1, 0));
      while (virtual < running) { virtual++; SAY(due(e, virtual, 0, 1)); }
    } else if (difference > 0) {
      while (virtual < running) { virtual++; SAY(due(e, virtual, 1, 1)); }
    } else SAY(due(e, running, 1, 0));
  }
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  struct passwd *pw = strcmp(argv[2], "-") ? getpwnam(argv[2]) : NULL;
  if (pw == NULL && strcmp(argv[2], "-")) return 3;
  ProgramName = "judge";
  int fd = open(argv[1], O_RDONLY);
  user *u = load_user(fd, pw, pw ? pw->pw_name : "", pw ? pw->pw_name : "*system*", argv[1]);
  if (u == NULL) { puts("null"); return 0; }
  putchar('[');
  /* The list is from the last to the first. */
  entry *all[10000];
  int n = 0;
  for (entry *e = u->crontab; e; e = e->next) all[n++] = e;
  for (int i = n - 1; i >= 0; i--) {
    printf("%s\n{\"command\":", i == n - 1 ? "" : ",");
    text(all[i]->cmd);
    printf(",\"reboot\":%s,\"environment\":[", (all[i]->flags & WHEN_REBOOT) ? "true" : "false");
    for (char **p = all[i]->envp; *p; p++) { if (p != all[i]->envp) putchar(','); text(*p); }
    printf("],\"minutes\":[");
    if (!(all[i]->flags & WHEN_REBOOT)) firings(all[i], atol(argv[3]), atol(argv[4]), atol(argv[5]));
    printf("]}");
  }
  puts("]");
  return 0;
}
