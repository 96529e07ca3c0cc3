import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { isMethod, nameOf, type Method } from './method.ts';

type InstanceWrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** A method of a provider or controller of the app. */
export interface Handler {
  readonly instance: object;
  readonly key: string;
  /** `Class.method`, for messages. */
  readonly name: string;
  /** The present value of the property, possibly a wrapper. */
  readonly method: Method;
  /** False if Nest creates an instance for each request, so that there is nothing to gate at boot. */
  readonly isStatic: boolean;
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
        const isStatic = wrapper.isDependencyTreeStatic();
        handlers.push({ instance, key, name: nameOf(instance, key), method, isStatic });
      }
    }
  }
  return handlers;
}

/** The instance that @nestjs/schedule sees and, of a transient provider, those that were injected elsewhere. */
function instancesOf(wrapper: InstanceWrapper): object[] {
  const visible: unknown = wrapper.instance;
  const transient = wrapper.isTransient ? wrapper.getStaticTransientInstances() : [];
  return [visible, ...transient.map((host): unknown => host?.instance)].filter(
    // Schedule explores functions too, such as a class provided as a value, with scheduled static methods.
    (instance): instance is object => isMethod(instance) || (typeof instance === 'object' && instance !== null),
  );
}
