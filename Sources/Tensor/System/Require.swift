import Foundation

/// Ends the process with one line on standard error unless `condition` holds.
///
/// For errors of the programmer: shapes that do not fit, options that make no sense. Unlike `precondition`, whose
/// message a release build drops, it prints the message in every build:
///
/// ```
/// JEPATensor/Tensor+MatrixProduct.swift:27: matmul: [2, 3] float32 by [4, 5] float32
/// ```
///
/// What comes from outside — files, configurations, arguments — is not its matter: that throws a typed error.
///
/// - Parameters:
///   - condition: what has to hold.
///   - message: the operator and the shapes, or the argument and its value; composed only when it is printed.
@inlinable @inline(__always)
public func require(
  _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
  file: StaticString = #fileID, line: UInt = #line
) {
  if !condition() { requirementFailed(message(), file: file, line: line) }
}

/// Ends the process with one line on standard error, as ``require(_:_:file:line:)`` does.
@inline(never)
public func requirementFailed(
  _ message: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) -> Never {
  let text = message().split(whereSeparator: \.isNewline).joined(separator: " ")
  StandardErrorLog.write("\(file):\(line): \(text)")
  abort()
}
