/** The status of a running daemon as lines for a person. Pure. */
import { bytes, count, counted, decimal, destinationName, moment, stopwatch } from "../../report/format.ts";
import { printable } from "../../report/printable.ts";
import type { DaemonStatus } from "../../runs/schemas/daemon-status.ts";

export function statusLines(status: DaemonStatus): string[] {
  const { watch, egress, telemetry } = status;
  return [
    ...entry("Daemon", [
      `running with pid ${status.pid}, for ${stopwatch(status.uptime_s * 1000)}; ${bytes(status.rss_bytes)} of memory, ` +
        `${decimal(status.cpu_s)} s of processor time`,
    ]),
    ...entry("Watches", [
      `every ${status.interval_ms / 1000} s`,
      ...watch.endpoints.flatMap(endpointLines),
      `${counted(watch.runs.followed, "growing run")}, ${counted(watch.runs.rows, "row")} read`,
      ...watch.runs.skipped.map(({ what, why }) => printable(`left out: ${what}: ${why}`, 1000)),
    ]),
    ...entry("Recent", [
      watch.window.from === null || watch.window.to === null
        ? "nothing yet"
        : `in memory from ${moment(watch.window.from)} to ${moment(watch.window.to)}`,
    ]),
    ...entry("History", [
      `${bytes(watch.history.bytes)} of at most ${bytes(watch.history.max_bytes)}` +
        (watch.history.oldest === null ? "" : `, from ${moment(watch.history.oldest)}`),
      ...(watch.history.stopped === null ? [] : [printable(`NOT WRITTEN: ${watch.history.stopped}`, 1000)]),
      ...(watch.history.lost_rows === 0 ? [] : [`${counted(watch.history.lost_rows, "row")} lost to the disk`]),
    ]),
    ...entry("Run", [
      printable(status.run, 1000),
      ...(status.run_trouble === null ? [] : [printable(`egress.json NOT WRITTEN: ${status.run_trouble}`, 1000)]),
    ]),
    ...(watch.clock.steps === 0
      ? []
      : entry("Clock", [`stepped ${counted(watch.clock.steps, "time")}, by ${watch.clock.offset_ms} ms in all`])),
    ...entry("Metrics", [status.metrics_url, printable(`with the token in ${status.token_file}`, 1000)]),
    ...entry("Egress", [
      `${count(egress.denied)} denied`,
      ...egress.authorities.map(authorityLine),
      ...denialLines(egress),
    ]),
    ...entry("Telemetry", [`${telemetry.state} (${telemetry.reason}): ${telemetry.reason_text}`]),
    ...entry("Log", [printable(status.log_file, 1000)]),
  ];
}

const labelWidth = 11;

function entry(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? label : "").padEnd(labelWidth) + line);
}

function endpointLines(endpoint: DaemonStatus["watch"]["endpoints"][number]): string[] {
  const { role, origin, path, engine, last_good_scrape: last, last_error: error } = endpoint;
  const good = last === null ? "never read" : `last read ${moment(last)}`;
  const notes = [
    ...(endpoint.restarts === 0 ? [] : [`${counted(endpoint.restarts, "restart")} seen`]),
    ...(endpoint.skipped === 0 ? [] : [`${counted(endpoint.skipped, "moment")} missed`]),
  ];
  return [
    printable([`${role} ${origin}${path}`, engine ?? "no engine known yet", good, ...notes].join("; "), 1000),
    ...(error === null
      ? []
      : [printable(`  FAILS, ${counted(endpoint.consecutive_failures, "time")} in a row: ${error}`, 1000)]),
  ];
}

function authorityLine(authority: DaemonStatus["egress"]["authorities"][number]): string {
  const { category, flag, connections, bytes_in, bytes_out } = authority;
  const use = `${counted(connections, "connection")}, ${bytes(bytes_out)} out, ${bytes(bytes_in)} in`;
  return printable(`${category} (${flag}) ${destinationName(authority)}: ${use}`, 1000);
}

function denialLines({ denials }: DaemonStatus["egress"]): string[] {
  return denials.map(({ reason, count: times }) => printable(`denied ${counted(times, "time")}: ${reason}`, 1000));
}
