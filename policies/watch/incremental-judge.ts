/** Judges the resources of a stack one by one as they come, each with all that came before it. */
import { noFacts } from "../engine/facts";
import type { Claim, Facts, FactsBuilder } from "../engine/facts";
import { judge } from "../engine/judge";
import type { Topology } from "../engine/topology";
import type { Exemption, Judgement, Violation } from "../engine/verdicts";
import { isRead, readResource } from "../readers/pulumi";
import type { PulumiResource, ReadContext } from "../readers/pulumi";

export interface JudgeOptions {
  readonly topology: Topology;
  /** Said after every violation: why the topology is not the one people think. */
  readonly problem?: string | undefined;
  readonly readFile: ReadContext["readFile"];
  readonly filesIn: ReadContext["filesIn"];
  readonly dockerHost?: string | undefined;
  /** Types that the stack's configuration says may be lost, each with the reason. */
  readonly declaredTypes?: Readonly<Record<string, string>> | undefined;
}

/**
 * Order decides nothing but the moment of a verdict. What a resource refers to (a claim, a class, a volume) must
 * have come before it, as it does where the program takes the name from the other resource; if it has not, that is
 * a violation at once, because afterwards the resource would be there already. What comes later and would change an
 * earlier verdict for the worse (a local volume that an earlier claim would bind) is a violation of the later one.
 */
export class IncrementalJudge {
  readonly #facts: FactsBuilder = noFacts();
  readonly #put = new Set<string>();
  readonly #reported = new Set<string>();
  readonly #autonamed = new Map<string, Claim>();
  readonly #referred = { claims: new Set<string>(), classes: new Set<string>(), volumes: new Set<string>() };

  constructor(private readonly options: JudgeOptions) {}

  /** Judges a resource when it comes. */
  add(resource: PulumiResource): Judgement {
    if (!isRead(resource.type)) return { violations: [], exemptions: [] };
    const own = noFacts();
    const { readFile, filesIn, dockerHost, declaredTypes } = this.options;
    readResource(resource, {
      facts: own,
      put: this.#put,
      readFile,
      filesIn,
      ...(dockerHost === undefined ? {} : { dockerHost }),
      ...(declaredTypes === undefined ? {} : { declaredTypes }),
    });
    if (Object.values(own).every((list) => list.length === 0)) return { violations: [], exemptions: [] };
    const changes = this.#changesEarlier(own);
    this.#nameClaims(own, resource);
    for (const key of Object.keys(own) as (keyof FactsBuilder)[]) {
      (this.#facts[key] as unknown[]).push(...own[key]);
    }
    this.#refer(own);
    const now: Facts = changes
      ? this.#facts
      : {
          ...this.#facts,
          workloads: own.workloads,
          operatorStorage: own.operatorStorage,
          remoteSetups: own.remoteSetups,
        };
    return this.#fresh(judge(now, this.options.topology), changes ? undefined : resource.urn);
  }

  /** Judges all that came; answers what was not said yet. */
  finish(): Judgement {
    return this.#fresh(judge(this.#facts, this.options.topology));
  }

  #fresh(found: Judgement, urn?: string): Judgement {
    const isFresh = (one: Violation | Exemption): boolean => {
      if (urn !== undefined && one.file !== urn) return false;
      // What is declared twice, also to be compared with the cluster, is exempted by one sentence.
      const key = `${one.rule} ${"reason" in one ? "exempted" : one.file} ${one.detail}`;
      if (this.#reported.has(key)) return false;
      this.#reported.add(key);
      return true;
    };
    const { problem } = this.options;
    return {
      violations: found.violations
        .filter(isFresh)
        .map((one) => (problem === undefined ? one : { ...one, fix: `${one.fix} ${problem}` })),
      exemptions: found.exemptions.filter(isFresh),
    };
  }

  /** True where a volume or class comes that something earlier may already rely on. */
  #changesEarlier(own: Facts): boolean {
    const { claims, classes, volumes } = this.#referred;
    return (
      own.storageClasses.some(({ name }) => classes.has(name)) ||
      own.namedVolumes.some(({ names }) => names.some((name) => volumes.has(name))) ||
      own.persistentVolumes.some(
        (volume) =>
          (volume.claimRef !== undefined && claims.has(volume.claimRef.name)) ||
          classes.has(volume.class.kind === "named" ? volume.class.name : ""),
      )
    );
  }

  #refer(own: Facts): void {
    const { claims, classes, volumes } = this.#referred;
    const spec = ({ class: name }: Claim["spec"]): void => {
      classes.add(name.kind === "named" ? name.name : "");
    };
    for (const claim of own.claims) {
      claims.add(claim.name);
      spec(claim.spec);
    }
    for (const { volumes: used } of own.workloads) {
      for (const { source } of used) {
        if (source.kind === "claimTemplate") spec(source.spec);
        else if (source.kind === "named") volumes.add(source.name);
      }
    }
    for (const { storage } of own.operatorStorage) if (storage.kind === "claimTemplate") spec(storage.spec);
  }

  /**
   * A claim without a name of its own gets the resource's with eight digits; before that is done, the program's
   * other resources know it only by the name it will have.
   */
  #nameClaims(own: FactsBuilder, resource: PulumiResource): void {
    const metadata = resource.inputs.metadata as { name?: unknown } | undefined;
    for (const claim of own.claims) {
      if (metadata?.name === undefined && claim.name === resource.name)
        this.#autonamed.set(claim.name, claim);
    }
    const wanted = [
      ...own.workloads.flatMap((one) =>
        one.volumes.flatMap(({ source }) => (source.kind === "claim" ? [source.claim] : [])),
      ),
      ...own.operatorStorage.flatMap(({ storage }) => (storage.kind === "claim" ? [storage.claim] : [])),
    ];
    for (const name of wanted) {
      if (typeof name !== "string" || this.#facts.claims.some((claim) => claim.name === name)) continue;
      const base = /^(.+)-[0-9a-f]{8}$/.exec(name)?.[1];
      const claim = base === undefined ? undefined : this.#autonamed.get(base);
      if (claim !== undefined) this.#facts.claims.push({ ...claim, name });
    }
  }
}

/** A violation in the words people read: what is wrong, then the way out. */
export function sentences(violation: Violation): string {
  return `${violation.detail} ${violation.fix}`;
}
