import Foundation
import Synchronization

/// Times the operators while asked to; costs a load and a branch per operator otherwise.
///
/// ```swift
/// let (_, profile) = Profiler.record { try trainer.train(images, masks: masks, settings: settings) }
/// print(profile.operators[0])
/// ```
public enum Profiler {
  private static let isOn = Atomic<Bool>(false)
  private static let events = Lock<[ProfileEvent]>([])
  @TaskLocal private static var isBackward = false
  /// Of the innermost operator that calls others, on this thread.
  @TaskLocal private static var caller: CalledTime?

  /// The time of operators within another one.
  private final class CalledTime: Sendable {
    let nanoseconds = Atomic<UInt64>(0)
  }

  /// Runs `body` and gives what its operators took, on all threads. Not to be nested.
  public static func record<R>(_ body: () throws -> R) rethrows -> (result: R, profile: Profile) {
    events.withLock { $0 = [] }
    let start = now()
    isOn.store(true, ordering: .sequentiallyConsistent)
    defer { isOn.store(false, ordering: .sequentiallyConsistent) }
    let result = try body()
    let taken = events.withLock { events in
      defer { events = [] }
      return events
    }
    return (result, Profile(events: taken, start: start, end: now()))
  }

  /// Times `body` as one call of an operator.
  ///
  /// - Parameters:
  ///   - name: what is computed.
  ///   - detail: which sizes, where calls of one name differ much in cost.
  ///   - flops: floating-point operations, where they are worth counting: products.
  ///   - bytes: bytes of operands and results, each counted once.
  @inline(__always)
  static func measure<R, Failure: Error>(
    _ name: @autoclosure () -> String, detail: @autoclosure () -> String = "",
    flops: @autoclosure () -> Int = 0, bytes: @autoclosure () -> Int = 0,
    _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    if !isOn.load(ordering: .relaxed) { return try body() }
    let start = now()
    let result = try body()
    note(name(), detail(), .forOperator(flops: flops(), bytes: bytes()), from: start)
    return result
  }

  /// Times `body` as one call of an operator that may call others, which are timed by themselves: what they take is
  /// not counted twice.
  ///
  /// - Parameter bytes: of operands and result, given the result.
  static func measureOwnTime<R>(
    _ name: String, flops: Int, bytes: (R) -> Int, _ body: () throws -> R
  ) rethrows -> R {
    if !isOn.load(ordering: .relaxed) { return try body() }
    let called = CalledTime()
    let start = now()
    let result = try $caller.withValue(called, operation: body)
    note(
      name, "", .forOperator(flops: flops, bytes: bytes(result)), from: start,
      called: called.nanoseconds.load(ordering: .relaxed))
    return result
  }

  /// Times `body`, which calls operators, as a stage of the step. Stages make a trace readable; the
  /// operators' totals leave them out.
  @inline(__always)
  public static func stage<R, Failure: Error>(
    _ name: @autoclosure () -> String, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    if !isOn.load(ordering: .relaxed) { return try body() }
    let start = now()
    let result = try body()
    note(name(), "", .forStage, from: start)
    return result
  }

  /// Marks what `body` computes as part of the backward pass.
  static func backward<R>(_ body: () -> R) -> R {
    if !isOn.load(ordering: .relaxed) { return body() }
    return $isBackward.withValue(true) { stage("backward", body) }
  }

  private static func note(
    _ name: String, _ detail: String, _ kind: ProfileEvent.Kind, from start: UInt64,
    called: UInt64 = 0
  ) {
    let end = now()
    if case .forOperator = kind {
      caller?.nanoseconds.wrappingAdd(end - start, ordering: .relaxed)
    }
    let event = ProfileEvent(
      name: name, detail: detail, kind: kind, isBackward: isBackward,
      thread: UInt(pthread_self()), start: start, end: end, called: min(called, end - start))
    events.withLock { $0.append(event) }
  }

  private static func now() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
}

/// One timed call.
public struct ProfileEvent: Sendable {
  public enum Kind: Sendable {
    case forOperator(flops: Int, bytes: Int)
    case forStage
  }

  public let name: String
  public let detail: String
  public let kind: Kind
  public let isBackward: Bool
  public let thread: UInt
  /// Nanoseconds, from an arbitrary origin.
  public let start: UInt64
  public let end: UInt64
  /// Nanoseconds of this call that are those of operators it called, which have events of their own.
  public let called: UInt64
}
