// `import JEPAEval` brings what heads are and how they are fitted.
@_exported import JEPADensity
