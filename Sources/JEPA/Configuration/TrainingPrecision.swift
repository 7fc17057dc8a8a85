import JEPATensor

/// Precision of matrix products; accumulation, normalization, loss and optimizer are float32.
public enum TrainingPrecision: String, Sendable, CaseIterable, ConfigurationChoice {
  /// bfloat16 where the processor multiplies it faster than float32, else float32.
  case auto
  /// Eight bits of mantissa; weights are kept in float32. On every processor, but faster than float32 only where
  /// ``Processor/multipliesBFloat16``.
  case bfloat16
  /// Single precision throughout.
  case float32

  /// What `auto` means on this processor; itself otherwise.
  public var resolved: TrainingPrecision {
    self == .auto ? (Processor.multipliesBFloat16 ? .bfloat16 : .float32) : self
  }

  /// The type of products' operands.
  public var dtype: DType { resolved == .bfloat16 ? .bfloat16 : .float32 }

  /// The precision and why, for a program's first line: "float32: this processor has no bfloat16 products".
  public var explanation: String {
    switch (resolved, Processor.multipliesBFloat16) {
    case (.bfloat16, true): "bfloat16: this processor multiplies it in hardware"
    case (.bfloat16, false): "bfloat16: multiplied in float32, \(Self.lack)"
    case (_, true): "float32: as configured"
    case (_, false): "float32: \(Self.lack)"
    }
  }

  /// Why bfloat16 would be no faster.
  private static var lack: String {
    Processor.instructionSet >= .avx512BFloat16
      ? "this processor has slow bfloat16 products" : "this processor has no bfloat16 products"
  }

  // `null` stands for `auto`, which it was the word for.
  public init?(_ value: ConfigurationValue) {
    switch value {
    case .null: self = .auto
    case .string(let string): self.init(rawValue: string)
    default: return nil
    }
  }
}

extension TrainingConfiguration {
  /// This configuration with `meta.precision: auto` replaced by what it means: the precision of `stored`, the run that
  /// is continued, or else what this processor does best. A run records it.
  public func resolvingPrecision(asIn stored: TrainingConfiguration? = nil)
    -> TrainingConfiguration
  {
    guard meta.precision == .auto else { return self }
    var result = self
    result.meta.precision = stored?.meta.resolvedPrecision ?? meta.resolvedPrecision
    return result
  }
}
