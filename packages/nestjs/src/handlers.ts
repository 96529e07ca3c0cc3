import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { nameOf } from './leader-only.decorator.ts';
import { isMethod, type Method } from './metadata.ts';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method of an instance that Nest has made or was given. */
export class Handler {
  readonly instance: object;
  readonly key: string;
  /** As it is at the moment, wrapped or not. */
  readonly method: Method;
  /** False if it is made anew for each request, so that nothing can be bound to it at boot. */
  readonly isStatic: boolean;

  constructor(instance: object, key: string, method: Method, isStatic: boolean) {
    this.instance = instance;
    this.key = key;
    this.method = method;
    this.isStatic = isStatic;
  }

  get name(): string {
    return nameOf(this.instance, this.key);
  }
}

/** Lists every method of every provider and controller of the app, each once. */
export function handlersOf(discovery: DiscoveryService, scanner: MetadataScanner): Handler[] {
  const handlers: Handler[] = [];
  const seen = new Set<object>();
  for (const wrapper of [...discovery.getControllers(), ...discovery.getProviders()]) {
    for (const instance of instancesOf(wrapper)) {
      const prototype = Reflect.getPrototypeOf(instance);
      if (seen.has(instance) || prototype === null) continue;
      seen.add(instance);
      for (const key of scanner.getAllMethodNames(prototype)) {
        const method: unknown = Reflect.get(instance, key);
        if (!isMethod(method)) continue;
        handlers.push(new Handler(instance, key, method, wrapper.isDependencyTreeStatic()));
      }
    }
  }
  return handlers;
}

/** What a wrapper shows to schedule, and the instances that others got if it is transient. */
function instancesOf(wrapper: InstanceWrapper): object[] {
  const shown: unknown = wrapper.instance;
  const transient = wrapper.isTransient ? wrapper.getStaticTransientInstances() : [];
  return [shown, ...transient.map((host): unknown => host?.instance)].filter(
    // Schedule looks at functions too, such as a class that is a value and has scheduled static methods.
    (instance): instance is object => isMethod(instance) || (typeof instance === 'object' && instance !== null),
  );
}
