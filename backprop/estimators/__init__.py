"""scikit-learn's interface over the same training loop, for pipelines and searches. The only place in the core that imports scikit-learn.

>>> from sklearn.datasets import load_wine
>>> from sklearn.pipeline import make_pipeline
>>> from sklearn.preprocessing import StandardScaler
>>> x, y = load_wine(return_X_y=True)
>>> model = make_pipeline(StandardScaler(), BackpropClassifier(hidden=(8,), epochs=100, random_state=0)).fit(x, y)
>>> bool(model.score(x, y) > 0.95)
True

A search reaches the numbers of choices:

>>> from sklearn.model_selection import GridSearchCV
>>> from backprop.penalties import L2
>>> model = BackpropClassifier(hidden=(8,), epochs=20, penalty=L2(), random_state=0)
>>> search = GridSearchCV(model, {"penalty__strength": [0.01, 0.1], "optimizer__learning_rate": [0.01, 0.03]}, cv=2)
>>> sorted(search.fit(StandardScaler().fit_transform(x), y).best_params_)
['optimizer__learning_rate', 'penalty__strength']
"""

from backprop.estimators.classifier import BackpropClassifier
from backprop.estimators.regressor import BackpropRegressor

__all__ = ["BackpropClassifier", "BackpropRegressor"]
