/// A part of a model: a value made of tensors and other parts.
///
/// A module names its tensors and children once, in `walk`; names, loading, saving, casting, moving
/// averages and optimisation all follow from that walk. Names join with dots:
/// `blocks.0.attn.qkv.weight`.
///
/// ```swift
/// struct Gate: Module {
///   var proj: Linear
///   var scale: Tensor
///   mutating func walk<V: ModuleVisitor>(_ visitor: inout V) {
///     visitor.module("proj", &proj)
///     visitor.parameter("scale", &scale)
///   }
/// }
/// ```
public protocol Module: Sendable {
  /// Shows every tensor and child to the visitor, always in the same order.
  mutating func walk<V: ModuleVisitor>(_ visitor: inout V)
}

/// Whether a tensor is trained.
public enum ParameterKind: Sendable {
  /// Trained.
  case trained
  /// Saved and loaded, but fixed: positional embeddings, for instance.
  case frozen
}

/// Sees each tensor of a module with its full name. Implement `visit`; call the other methods.
public protocol ModuleVisitor {
  /// The names of the modules around the current one, joined by dots.
  var path: String { get set }
  mutating func visit(_ name: String, _ tensor: inout Tensor, _ kind: ParameterKind)
}

extension ModuleVisitor {
  public mutating func parameter(_ name: String, _ tensor: inout Tensor) {
    visit(full(name), &tensor, .trained)
  }

  public mutating func parameter(_ name: String, _ tensor: inout Tensor?) {
    guard var value = tensor else { return }
    tensor = nil  // so that the visitor holds the only reference and can write in place
    visit(full(name), &value, .trained)
    tensor = value
  }

  public mutating func frozen(_ name: String, _ tensor: inout Tensor) {
    visit(full(name), &tensor, .frozen)
  }

  public mutating func module<M: Module>(_ name: String, _ module: inout M) {
    let outer = path
    path = full(name)
    module.walk(&self)
    path = outer
  }

  /// Children named `name.0`, `name.1`, …
  public mutating func modules<M: Module>(_ name: String, _ modules: inout [M]) {
    for index in modules.indices { module("\(name).\(index)", &modules[index]) }
  }

  private func full(_ name: String) -> String { path.isEmpty ? name : path + "." + name }
}

/// A visitor made of a closure.
struct ClosureVisitor: ModuleVisitor {
  var path = ""
  let body: (String, inout Tensor, ParameterKind) -> Void

  mutating func visit(_ name: String, _ tensor: inout Tensor, _ kind: ParameterKind) {
    body(name, &tensor, kind)
  }
}

extension Module {
  /// Calls `body` with each tensor's name, the tensor for writing, and whether it is trained.
  public mutating func forEachParameter(
    _ body: (String, inout Tensor, ParameterKind) -> Void
  ) {
    withoutActuallyEscaping(body) { body in
      var visitor = ClosureVisitor(body: body)
      walk(&visitor)
    }
  }

  /// Every tensor with its name, in the walk's order; frozen ones too.
  public func namedParameters() -> [(name: String, tensor: Tensor)] {
    var result: [(name: String, tensor: Tensor)] = []
    var copy = self
    copy.forEachParameter { name, tensor, _ in result.append((name, tensor)) }
    return result
  }

  /// The names of the trained tensors, in the walk's order.
  public func trainedNames() -> [String] {
    var result: [String] = []
    var copy = self
    copy.forEachParameter { name, _, kind in if kind == .trained { result.append(name) } }
    return result
  }

  /// The number of trained values.
  public var parameterCount: Int {
    var total = 0
    var copy = self
    copy.forEachParameter { _, tensor, kind in if kind == .trained { total += tensor.count } }
    return total
  }

  /// Whether a gradient flows to any of the tensors.
  public var needsGradient: Bool {
    var found = false
    var copy = self
    copy.forEachParameter { _, tensor, _ in found = found || tensor.needsGradient }
    return found
  }

  /// A copy with every tensor in `dtype`.
  public func cast(to dtype: DType) -> Self {
    var copy = self
    copy.forEachParameter { _, tensor, _ in tensor = tensor.detached().cast(to: dtype) }
    return copy
  }

  /// A copy for computing in mixed precision: the matrices that products read (named `…weight`, of
  /// two or more axes) in `dtype`, everything else as it is.
  public func matrices(in dtype: DType) -> Self {
    let originals = namedParameters()
    let converted = parallelMap(originals.count) { index -> Tensor in
      let (name, tensor) = originals[index]
      let isMatrix = tensor.rank >= 2 && name.hasSuffix("weight")
      return isMatrix ? tensor.detached().cast(to: dtype) : tensor
    }
    var copy = self
    var remaining = converted.makeIterator()
    copy.forEachParameter { _, tensor, _ in
      if let next = remaining.next() { tensor = next }
    }
    return copy
  }

  /// Replaces every tensor by the one of that name.
  ///
  /// - Parameters:
  ///   - tensors: values by name; converted to the module's element type.
  ///   - source: what to call the origin in an error, a file name for instance.
  /// - Throws: ``ParameterLoadingError`` for a missing name or a wrong shape; nothing is changed then.
  public mutating func load(_ tensors: [String: Tensor], from source: String) throws {
    var copy = self
    var failure: ParameterLoadingError?
    copy.forEachParameter { name, tensor, _ in
      guard failure == nil else { return }
      guard let value = tensors[name] else {
        failure = .missing(name: name, source: source)
        return
      }
      guard value.shape == tensor.shape else {
        failure = .shape(
          name: name, expected: tensor.shape, actual: value.shape, source: source)
        return
      }
      tensor = value.detached().cast(to: tensor.dtype)
    }
    if let failure { throw failure }
    self = copy
  }
}

/// Why a module could not take its tensors from a source.
public enum ParameterLoadingError: Error, CustomStringConvertible, Equatable {
  case missing(name: String, source: String)
  case shape(name: String, expected: [Int], actual: [Int], source: String)

  public var description: String {
    switch self {
    case .missing(let name, let source):
      "\(source): no tensor \"\(name)\"; was it written by another model or head?"
    case .shape(let name, let expected, let actual, let source):
      "\(source): tensor \"\(name)\" has shape \(actual), the model needs \(expected); "
        + "check model_name, patch_size and crop_size"
    }
  }
}
