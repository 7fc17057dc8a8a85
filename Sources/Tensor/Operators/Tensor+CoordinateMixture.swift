import CJEPAKernels

extension Tensor {
  /// The log-density of each element of this tensor under a mixture of its own:
  /// log Σₖ πₖ f((y − μₖ) / sₖ) / sₖ, with π = softmax(logits) and s = eʳᵃʷ + `minimumScale`.
  ///
  /// One pass over the parameters and none over temporaries of their size. In logarithms, log s is the
  /// log-sum-exp of raw and log `minimumScale`, whose gradient never vanishes; far from all components
  /// both density and gradient stay finite. Gradients go to this tensor and to the parameters.
  ///
  /// - Parameters:
  ///   - parameters: [N, 3, K, D]: logits, means μ and raw log-scales of K components for each element
  ///     of this tensor, which is [N, D] in the parameters' accumulation type.
  ///   - minimumScale: the smallest scale, above 0.
  /// - Returns: [N, D], nats, in the accumulation type.
  public func coordinateMixtureLogDensity(
    parameters: Tensor, component: MixtureComponent, minimumScale: Double
  ) -> Tensor {
    require(
      rank == 2 && parameters.rank == 4 && parameters.shape[0] == shape[0]
        && parameters.shape[1] == 3 && parameters.shape[2] > 0 && parameters.shape[3] == shape[1]
        && parameters.dtype.accumulation == dtype,
      """
      coordinateMixtureLogDensity: values \(shape) \(dtype) with parameters \(parameters.shape) \
      \(parameters.dtype); [N, D] and [N, 3, K, D] wanted
      """)
    require(
      minimumScale > 0, "coordinateMixtureLogDensity: minimumScale \(minimumScale) is not positive")
    let (rows, width, components) = (shape[0], shape[1], parameters.shape[2])
    let density = Tensor(uninitialized: shape, dtype: dtype)
    let total = Tensor(uninitialized: shape, dtype: dtype)
    let norm = Tensor(uninitialized: shape, dtype: dtype)
    jk_mixture_density(
      component.kernel, parameters.dtype.kernel, parameters.pointer, pointer, minimumScale,
      density.pointer, total.pointer, norm.pointer, rows, components, width)
    let (y, p, needsY) = (detached(), parameters.detached(), needsGradient)
    return .recorded(density, from: [self, parameters]) { upstream in
      let gradient = Tensor(uninitialized: p.shape, dtype: p.dtype)
      let slope = needsY ? Tensor(uninitialized: y.shape, dtype: y.dtype) : nil
      let upstream = upstream.cast(to: y.dtype)
      jk_mixture_density_gradient(
        component.kernel, p.dtype.kernel, p.pointer, y.pointer, minimumScale, total.pointer,
        norm.pointer, upstream.pointer, gradient.pointer, slope?.pointer, rows, components, width)
      return [slope, gradient]
    }
  }
}
