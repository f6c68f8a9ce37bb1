"""scikit-learn's interface over the same training loop, for pipelines and searches. The only place in the core that imports scikit-learn.

>>> from sklearn.datasets import load_wine
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> x, y = load_wine(return_X_y=True)
>>> model = make_pipeline(StandardScaler(), BackpropClassifier(hidden=(8,), epochs=100, random_state=0)).fit(x, y)
>>> bool(model.score(x, y) > 0.95)
True
"""

from backprop.estimators.classifier import BackpropClassifier
from backprop.estimators.regressor import BackpropRegressor

__all__ = ["BackpropClassifier", "BackpropRegressor"]
