extension TrainedModel {
  /// Trains a model with the head that a configuration names, from its beginning to its end, in a new run folder.
  ///
  /// What is to be exchanged or watched needs a ``TrainingRun``.
  ///
  /// - Parameters:
  ///   - path: the run's folder, which may not hold a run yet.
  ///   - heads: the head that the configuration names has to be among them.
  ///   - parts: what the configuration does not say.
  ///   - observers: are told of steps, epochs and checkpoints.
  /// - Throws: `ConfigurationError`, before anything is written; as ``TrainingRun``.
  public static func train(
    _ configuration: TrainingConfiguration, in path: String, heads: HeadList,
    parts: TrainingParts = .init(), observers: [any TrainingObserver] = []
  ) throws -> TrainedModel {
    try configuration.validate()
    if let threads = configuration.meta.threads { Parallelism.threads = threads }
    let head = heads.head(of: configuration)
    try heads.check(head)
    try heads.run(
      Training(configuration: configuration, path: path, parts: parts, observers: observers),
      head: head)
    return try TrainedModel(at: path, heads: heads)
  }

  private struct Training: HeadOperation {
    let configuration: TrainingConfiguration
    let path: String
    let parts: TrainingParts
    let observers: [any TrainingObserver]

    func run<Head: DensityPredictor>(
      makeHead: @escaping (Int, Int, inout RandomSource) throws -> Head
    ) throws {
      let dataset = try configuration.data.openDataset(.train)
      try configuration.requireFullBatch(in: dataset)
      var run = try TrainingRun(
        configuration, folder: .create(at: path, configuration: configuration),
        model: configuration.model(head: makeHead), dataset: dataset, parts: parts)
      var callbacks = TrainingCallbacks<Head>()
      callbacks.observers = observers
      try run.run(callbacks)
    }
  }
}
