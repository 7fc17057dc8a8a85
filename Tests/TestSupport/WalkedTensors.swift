import JEPATensor
import Testing

/// Expects that a module's walk shows every tensor stored anywhere in it, under names of its own, and
/// that what a visitor writes arrives.
///
/// A forgotten field would neither be trained, nor saved, nor follow the moving average.
///
/// - Parameter caches: paths of stored tensors that are meant to be left out (`"blocks.0.mask"`),
///   as this function's messages give them.
public func expectEveryTensorIsWalked<M: Module>(
  _ module: M, except caches: Set<String> = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let named = module.namedParameters()
  let names = named.map(\.name)
  #expect(
    Set(names).count == names.count, "a name is used twice: \(names)",
    sourceLocation: sourceLocation)

  var walked: [UInt: Int] = [:]
  for (_, tensor) in named { walked[address(of: tensor), default: 0] += 1 }
  let stored = storedTensors(in: module).filter { !caches.contains($0.path) }
  for (path, tensor) in stored {
    let key = address(of: tensor)
    if let left = walked[key], left > 0 {
      walked[key] = left - 1
    } else {
      Issue.record(
        "\(M.self): \(path) \(tensor.shape) is stored but not walked",
        sourceLocation: sourceLocation)
    }
  }
  #expect(
    stored.count == named.count,
    "\(M.self): \(named.count) tensors walked (\(names)), \(stored.count) stored (\(stored.map(\.path)))",
    sourceLocation: sourceLocation)

  var copy = module
  var marks: [Double] = []
  copy.forEachParameter { _, tensor, _ in
    marks.append(Double(marks.count) + 1.5)
    tensor = .full(tensor.shape, marks[marks.count - 1], dtype: tensor.dtype)
  }
  for (mark, (name, tensor)) in zip(marks, copy.namedParameters()) where tensor.count > 0 {
    let written = Tensor.full([1], mark, dtype: tensor.dtype).item()
    #expect(
      tensor.doubles().allSatisfy { $0 == written }, "\(M.self): writing to \(name) has no effect",
      sourceLocation: sourceLocation)
  }
}

/// Every tensor reachable by reflection, with the path of properties that leads to it.
public func storedTensors(in value: Any) -> [(path: String, tensor: Tensor)] {
  var found: [(path: String, tensor: Tensor)] = []
  var visited: Set<ObjectIdentifier> = []
  collect(value, "", &found, &visited)
  return found
}

private func collect(
  _ value: Any, _ path: String, _ found: inout [(path: String, tensor: Tensor)],
  _ visited: inout Set<ObjectIdentifier>
) {
  if let tensor = value as? Tensor {
    found.append((path, tensor))
    return
  }
  let mirror = Mirror(reflecting: value)
  if mirror.displayStyle == .class {
    guard visited.insert(ObjectIdentifier(value as AnyObject)).inserted else { return }
  }
  var current: Mirror? = mirror
  while let level = current {
    for (index, child) in level.children.enumerated() {
      let name = child.label ?? String(index)
      let inner = name == "some" || name == ".some" ? path : path.isEmpty ? name : path + "." + name
      collect(child.value, inner, &found, &visited)
    }
    current = level.superclassMirror
  }
}

private func address(of tensor: Tensor) -> UInt {
  tensor.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
}
